module gogdb.example/workers

go 1.19
