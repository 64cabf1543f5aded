module gogdb.example/coroutines

go 1.23
