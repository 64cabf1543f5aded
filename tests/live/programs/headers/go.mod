module gogdb.example/headers

go 1.25
