package terminal

// place is where in the menus somebody is.
type place struct{}
