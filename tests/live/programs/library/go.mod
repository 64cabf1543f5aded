module gogdb.example/library

go 1.19
