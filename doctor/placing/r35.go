package placing

import "kassa/doctor"

// referenceUnknown is R35: the operator does not know the customer reference.
func referenceUnknown() doctor.Rule {
	return doctor.Rule{
		ID: "R35", Code: "customer_reference_unknown", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedPlacing}, Rank: doctor.RankTerminal + 6, Who: doctor.Merchant,
		Symptoms: []string{"customer reference unknown"},
		Explains: []string{"contract_without_setup"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The operator does not know the customer reference",
				NL: "De exploitant kent de klantreferentie niet",
				FR: "L'exploitant ne connaît pas la référence client",
				IT: "Il gestore non conosce il riferimento cliente",
				ES: "El operador no conoce la referencia de cliente",
			},
			Shop: doctor.Text{
				EN: "Use another charger; nothing was taken from the card.",
				NL: "Gebruik een andere lader; er is niets van de kaart afgeschreven.",
				FR: "Utilisez une autre borne ; rien n'a été débité de la carte.",
				IT: "Usa un'altra colonnina; dalla carta non è stato prelevato nulla.",
				ES: "Use otro cargador; no se ha cobrado nada de la tarjeta.",
			},
			Fix: doctor.Text{
				EN: "Agree on the customer reference with {cpo} first, then make the contract of {station} with it.",
				NL: "Spreek eerst de klantreferentie af met {cpo} en maak dan het contract van {station} daarmee.",
				FR: "Convenez d'abord de la référence client avec {cpo}, puis faites le contrat de {station} avec elle.",
				IT: "Concorda prima il riferimento cliente con {cpo}, poi fai con esso il contratto di {station}.",
				ES: "Acuerde primero la referencia de cliente con {cpo} y haga luego con ella el contrato de {station}.",
			},
		},
		Runbook: "A reference counts at the operator that its contract is with, while the contract runs.",
		Look: func(c *doctor.Chart) doctor.Sign {
			at, contract := c.Placing.Station, c.Placing.Contract
			switch {
			case at.Contract == "":
				return doctor.No("the charger has no contract")
			case contract == nil:
				return doctor.Found(args(c), says(c, "stations/"+at.ID, "its contract "+at.Contract+" is not there"))
			case contract.CPO != at.CPO:
				return doctor.Found(args(c), says(c, "contracts/"+contract.ID, "reference "+contract.CustomerReference+" was agreed with "+contract.CPO+", the charger is under "+at.CPO))
			case !contract.Ends.IsZero() && !c.Now.Before(contract.Ends):
				return doctor.Found(args(c), says(c, "contracts/"+contract.ID, "reference "+contract.CustomerReference+" ended with its contract"))
			}
			return doctor.No("reference " + contract.CustomerReference + " is one of the operator's")
		},
	}
}
