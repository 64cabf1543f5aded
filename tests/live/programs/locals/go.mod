module gogdb.example/locals

go 1.19
