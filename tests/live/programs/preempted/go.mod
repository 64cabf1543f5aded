module gogdb.example/preempted

go 1.19
