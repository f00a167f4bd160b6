package auth

import (
	"slices"
	"strings"

	"kassa/estate"
)

// The permissions.
const (
	PaymentsTake     estate.Permission = "payments.take"
	PaymentsRefund   estate.Permission = "payments.refund"
	OrdersRead       estate.Permission = "orders.read"
	OrdersManage     estate.Permission = "orders.manage"
	TokensManage     estate.Permission = "tokens.manage"
	TerminalsRead    estate.Permission = "terminals.read"
	TerminalsManage  estate.Permission = "terminals.manage"
	DevicesService   estate.Permission = "devices.service"
	TerminalsTest    estate.Permission = "terminals.test"
	SettingsRead     estate.Permission = "settings.read"
	SettingsWrite    estate.Permission = "settings.write"
	SettingsSecrets  estate.Permission = "settings.secrets"
	SettingsOperator estate.Permission = "settings.operator"
	ShopsManage      estate.Permission = "shops.manage"
	KeysManage       estate.Permission = "keys.manage"
	WebhooksManage   estate.Permission = "webhooks.manage"
	EventsRead       estate.Permission = "events.read"
	DeliveriesManage estate.Permission = "deliveries.manage"
	EstateOperate    estate.Permission = "estate.operate"
	DiagnosesMake    estate.Permission = "diagnoses.make"
	DiagnosesRead    estate.Permission = "diagnoses.read"
	CasesRead        estate.Permission = "cases.read"
	CasesWrite       estate.Permission = "cases.write"
	Simulate         estate.Permission = "simulate"
)

// Row is one permission: what it allows, and the roles that have it.
type Row struct {
	Permission estate.Permission
	Allows     string
	Roles      []estate.Role
}

// Table is who may do what. docs/roles.md shows it.
func Table() []Row {
	const (
		operator  = estate.RoleOperator
		admin     = estate.RoleAdmin
		developer = estate.RoleDeveloper
		cashier   = estate.RoleCashier
		support   = estate.RoleSupport
		auditor   = estate.RoleAuditor
	)
	all := []estate.Role{operator, admin, developer, cashier, support, auditor}
	return []Row{
		{PaymentsTake, "start, cancel and abort payments on terminals; display, input and print", []estate.Role{operator, admin, developer, cashier}},
		{PaymentsRefund, "refund, reverse, and take a refund back", []estate.Role{operator, admin, developer, cashier}},
		{OrdersRead, "read orders, payments, receipts and totals", all},
		{OrdersManage, "change, capture and release orders", []estate.Role{operator, admin, developer}},
		{TokensManage, "read and remove the cards that customers left", []estate.Role{operator, admin, developer}},
		{TerminalsRead, "read terminals and devices, and whether they are connected", all},
		{TerminalsManage, "board, move, unbind, block and return terminals", []estate.Role{operator, admin}},
		{DevicesService, "unlock tampered devices, give developer codes, decide returns, inject keys", []estate.Role{operator, support}},
		{TerminalsTest, "test the connection of a terminal", []estate.Role{operator, admin, developer, support}},
		{SettingsRead, "read settings, without what is secret in them", []estate.Role{operator, admin, developer, support, auditor}},
		{SettingsWrite, "change settings", []estate.Role{operator, admin, developer}},
		{SettingsSecrets, "change secret settings: passcodes, wifi and encryption keys", []estate.Role{operator, admin}},
		{SettingsOperator, "change what the operator alone decides, and decide wishes", []estate.Role{operator}},
		{ShopsManage, "make, change and close shops and groups", []estate.Role{operator, admin}},
		{KeysManage, "make, rotate and revoke API keys of the own account", []estate.Role{operator, admin}},
		{WebhooksManage, "make, change, test and remove webhooks", []estate.Role{operator, admin, developer}},
		{DiagnosesMake, "ask the doctor, say whether it was it, and share what was found", []estate.Role{operator, admin, developer, support}},
		{DiagnosesRead, "read what the doctor found, and the causes that he knows", []estate.Role{operator, admin, developer, support, auditor}},
		{CasesRead, "read support cases, what is attached, and their bundles", []estate.Role{operator, admin, developer, support, auditor}},
		{CasesWrite, "open support cases, write in them, attach files, and merge them", []estate.Role{operator, admin, developer, support}},
		{EventsRead, "read and follow events", []estate.Role{operator, admin, developer, support, auditor}},
		{DeliveriesManage, "read deliveries of webhooks and send them again", []estate.Role{operator, admin, developer, support}},
		{EstateOperate, "accounts, stock of devices, tampered devices, developer mode, and the installation itself", []estate.Role{operator}},
		{Simulate, "steer the simulation, in the test environment only", []estate.Role{operator}},
	}
}

// Permissions lists all permissions, in the order of the table.
func Permissions() (list []estate.Permission) {
	for _, row := range Table() {
		list = append(list, row.Permission)
	}
	return list
}

// Allows tells whether a role has a permission.
func Allows(role estate.Role, p estate.Permission) bool {
	return slices.ContainsFunc(Table(), func(row Row) bool { return row.Permission == p && slices.Contains(row.Roles, role) })
}

// Document is docs/roles.md.
func Document() string {
	var b strings.Builder
	b.WriteString(`# Roles

Every API key has a role. A key may be narrowed to some of the permissions of its role, and to networks from which it
may be used. Where it may act is another matter: a key of a group acts in that group, a key of an account in all its
groups, and the operator's everywhere.

This page is made from the table in [auth/table.go](../auth/table.go); a test says when it is stale.

| permission | allows to |`)
	for _, role := range estate.Roles() {
		b.WriteString(" " + string(role) + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(estate.Roles())) + "\n")
	for _, row := range Table() {
		b.WriteString("| `" + string(row.Permission) + "` | " + row.Allows + " |")
		for _, role := range estate.Roles() {
			mark := " |"
			if slices.Contains(row.Roles, role) {
				mark = " ✓ |"
			}
			b.WriteString(mark)
		}
		b.WriteString("\n")
	}
	return b.String()
}
