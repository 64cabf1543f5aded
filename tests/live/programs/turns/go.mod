module gogdb.example/turns

go 1.19
