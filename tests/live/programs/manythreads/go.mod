module gogdb.example/manythreads

go 1.19
