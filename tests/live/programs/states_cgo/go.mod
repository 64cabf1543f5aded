module gogdb.example/states_cgo

go 1.19
