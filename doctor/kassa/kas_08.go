package kassa

import (
	"kassa/doctor"
)

// keyMayNot is KAS-08: a good key is used for what its role does not allow.
func keyMayNot() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-08", Code: "key_may_not", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key}, Needs: []doctor.Need{doctor.NeedKey, doctor.NeedCalls}, Rank: doctor.RankOrder + 4, Who: doctor.Merchant, Action: doctor.Action{Label: "See the keys", Href: "/keys"},
		Symptoms: []string{"not allowed", "forbidden", "403", "no permission"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The API key may not do this",
				NL: "De API-sleutel mag dit niet doen",
				FR: "La clé API n'a pas ce droit",
				IT: "La chiave API non ha questo permesso",
				ES: "La clave de API no tiene este permiso",
			},
			Shop: doctor.Text{
				EN: "The cash register asks for something that its key may not do; whoever manages the key can allow it.",
				NL: "De kassa vraagt iets wat haar sleutel niet mag; wie de sleutel beheert, kan het toestaan.",
				FR: "La caisse demande une chose que sa clé n'autorise pas ; le gestionnaire de la clé peut l'autoriser.",
				IT: "La cassa chiede qualcosa che la sua chiave non può fare; chi gestisce la chiave può consentirlo.",
				ES: "La caja pide algo que su clave no puede hacer; quien gestiona la clave puede permitirlo.",
			},
			Fix: doctor.Text{
				EN: "Use a key with a role that may do it, or make one: the role of …{hint} is {role}. A group's key sees its own group only.",
				NL: "Gebruik een sleutel met een rol die dit mag, of maak die: de rol van …{hint} is {role}. Een groepssleutel ziet alleen zijn groep.",
				FR: "Utilisez une clé dont le rôle le permet, ou créez-la : le rôle de …{hint} est {role}. Une clé de groupe ne voit que son groupe.",
				IT: "Usa una chiave con un ruolo che lo consente, o creala: il ruolo di …{hint} è {role}. Una chiave di gruppo vede solo il suo gruppo.",
				ES: "Use una clave cuyo rol lo permita, o créela: el rol de …{hint} es {role}. La clave de un grupo solo ve su grupo.",
			},
		},
		Developer: "{route} needs a permission that the role {role} does not have; the answer's text names it.",
		Runbook:   "docs/roles.md lists who may do what. Do not widen a cash register's key to admin for one call: make a second key.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, "forbidden")
			if !ok {
				return doctor.No("no call was refused for want of a permission")
			}
			a := args(call, c.Key)
			a["role"] = string(c.Key.Role)
			return doctor.Found(a, said(call), doctor.Evidence{Source: "key", Ref: c.Key.ID, Says: "its role is " + a["role"]})
		},
	}
}
