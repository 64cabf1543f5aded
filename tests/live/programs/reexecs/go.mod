module gogdb.example/reexecs

go 1.19
