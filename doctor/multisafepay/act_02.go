package multisafepay

import (
	"slices"
	"strings"

	"kassa/doctor"
)

// noPermissionDevicesMenu is ACT-02: who asks has no right to manage terminals, and sees no menu for it.
func noPermissionDevicesMenu() doctor.Rule {
	return doctor.Rule{
		ID: "ACT-02", Code: "no_permission_devices_menu", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Key},
		Needs: []doctor.Need{doctor.NeedKey, doctor.NeedCalls}, Rank: doctor.RankTerminal + 6, Who: doctor.Merchant, Contact: doctor.GeneralSupport,
		Symptoms: []string{"devices menu missing", "no devices menu", "terminals menu missing", "may not manage terminals"},
		Explains: []string{"key_may_not"},
		Action:   doctor.Action{Label: "See the keys and their roles", Href: "/keys"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The right to manage terminals is missing", NL: "Het recht om terminals te beheren ontbreekt",
				FR: "Il manque le droit de gérer les terminaux", IT: "Manca il diritto di gestire i terminali",
				ES: "Falta el permiso para gestionar terminales",
			},
			Shop: doctor.Text{
				EN: "You may not see the Devices menu with the role {role}: ask the administrator of the account for the right to manage terminals.",
				NL: "Met de rol {role} mag u het menu Apparaten niet zien: vraag de beheerder van het account om het recht terminals te beheren.",
				FR: "Avec le rôle {role}, vous ne pouvez pas voir le menu Appareils : demandez à l'administrateur du compte le droit de gérer les terminaux.",
				IT: "Con il ruolo {role} non puoi vedere il menu Dispositivi: chiedi all'amministratore dell'account il diritto di gestire i terminali.",
				ES: "Con el rol {role} no puede ver el menú Dispositivos: pida al administrador de la cuenta el permiso para gestionar terminales.",
			},
			Fix: doctor.Text{
				EN: "Give the person the role of administrator, or a key with the permission terminals.manage.",
				NL: "Geef de persoon de rol van beheerder, of een sleutel met de permissie terminals.manage.",
				FR: "Donnez à la personne le rôle d'administrateur, ou une clé avec la permission terminals.manage.",
				IT: "Assegna alla persona il ruolo di amministratore, o una chiave con il permesso terminals.manage.",
				ES: "Dé a la persona el rol de administrador, o una clave con el permiso terminals.manage.",
			},
		},
		Developer: "Key …{hint} has the role {role}, without terminals.manage: calls that change terminals are answered 403.",
		Runbook:   "Roles are in docs/roles.md. The menu is left out for those who may not use it; nothing is broken.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if c.Key.ID == "" {
				return doctor.No("there is no such key, and so no role")
			}
			if slices.Contains(c.Key.Can, "terminals.manage") {
				return doctor.No("the key may manage terminals")
			}
			args := map[string]string{"role": string(c.Key.Role), "hint": c.Key.Hint}
			has := doctor.Evidence{Source: "key", Ref: c.Key.ID, Says: "key …" + c.Key.Hint + " has the role " + string(c.Key.Role) + ", without terminals.manage"}
			for _, call := range slices.Backward(c.Calls()) {
				if call.Reason == "forbidden" && aboutTerminals(call.Route) && (call.Key == c.Key.ID || call.Key == "") {
					return doctor.Found(args, doctor.Entry(call.Entry, "call", call.Route+" was refused: the key may not"), has)
				}
			}
			if c.Shows("devices") || c.Shows("terminals menu") {
				return doctor.Found(args, has)
			}
			return doctor.No("the key was not refused anything about terminals")
		},
	}
}

// aboutTerminals tells whether a route is one of those that the Devices menu stands for.
func aboutTerminals(route string) bool {
	_, path, _ := strings.Cut(route, " ")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	return slices.Contains(parts, "terminals") || slices.Contains(parts, "terminal-groups") || parts[0] == "devices"
}
