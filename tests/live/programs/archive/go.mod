module gogdb.example/archive

go 1.19
