package adyen

import (
	"kassa/doctor"
)

// otherMerchant is C7: calls name a merchant account that is not the key's.
func otherMerchant() doctor.Rule {
	return doctor.Rule{
		ID: "C7", Code: "terminal_of_other_merchant", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Key, doctor.Installation}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankOrder + 3, Who: doctor.Developer,
		Symptoms: []string{"Invalid Merchant Account", "901", "connectedTerminals"},
		Explains: []string{"key_may_not"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The merchant account is not one of this key",
				NL: "Het merchant account hoort niet bij deze sleutel",
				FR: "Le compte marchand n'est pas celui de cette clé",
				IT: "L'account commerciante non è di questa chiave",
				ES: "La cuenta de comercio no es de esta clave",
			},
			Shop: doctor.Text{
				EN: "The cash register is set up for another merchant; its supplier has to correct the merchant account in it.",
				NL: "De kassa is ingesteld voor een andere handelaar; de leverancier moet het merchant account erin verbeteren.",
				FR: "La caisse est réglée pour un autre commerçant ; son fournisseur doit y corriger le compte marchand.",
				IT: "La cassa è impostata per un altro esercente; il fornitore deve correggere l'account commerciante.",
				ES: "La caja está configurada para otro comercio; su proveedor debe corregir la cuenta de comercio.",
			},
			Fix: doctor.Text{
				EN: "Name the merchant account that the terminal and its store belong to, with a key of the same one.",
				NL: "Noem het merchant account waar de terminal en de winkel bij horen, met een sleutel van hetzelfde account.",
				FR: "Indiquez le compte marchand auquel appartiennent le terminal et son magasin, avec une clé du même compte.",
				IT: "Indica l'account commerciante a cui appartengono il terminale e il negozio, con una chiave dello stesso.",
				ES: "Indique la cuenta de comercio a la que pertenecen el terminal y su tienda, con una clave de la misma.",
			},
		},
		Developer: "{route}: merchantAccount is not one that the key sees (901, 403). Names are case-sensitive.",
		Runbook:   "Compare the account's merchant name with the call. A terminal that was moved to another account needs that one's key.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, "merchant_unknown")
			if !ok {
				return doctor.No("no call named another merchant account")
			}
			return doctor.Found(map[string]string{"route": call.Route}, said(call))
		},
	}
}
