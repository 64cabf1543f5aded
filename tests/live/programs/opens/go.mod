module opens

go 1.19
