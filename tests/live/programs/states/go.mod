module gogdb.example/states

go 1.19
