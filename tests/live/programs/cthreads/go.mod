module cthreads

go 1.19
