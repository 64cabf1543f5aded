module gogdb.example/reads

go 1.19
