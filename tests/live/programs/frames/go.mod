module gogdb.example/frames

go 1.19
