module created

go 1.19
