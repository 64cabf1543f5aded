module gogdb.example/leaves

go 1.19
