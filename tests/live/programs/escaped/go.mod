module gogdb.example/escaped

go 1.19
