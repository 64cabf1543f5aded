module gogdb.example/crashes

go 1.19
