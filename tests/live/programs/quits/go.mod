module gogdb.example/quits

go 1.19
