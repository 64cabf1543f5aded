module moments

go 1.19
