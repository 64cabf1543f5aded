module spins

go 1.19
