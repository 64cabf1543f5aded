module gogdb.example/rounds

go 1.19
