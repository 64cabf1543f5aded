module contended

go 1.19
