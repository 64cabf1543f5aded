module forked_c

go 1.19
