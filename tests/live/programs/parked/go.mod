module gogdb.example/parked

go 1.19
