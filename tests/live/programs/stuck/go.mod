module gogdb.example/stuck

go 1.19
