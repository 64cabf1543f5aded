module gogdb.example/queued

go 1.19
