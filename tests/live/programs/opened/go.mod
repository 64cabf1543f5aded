module opened

go 1.19
