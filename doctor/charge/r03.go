package charge

import (
	"kassa"
	"kassa/doctor"
)

// overCommitRefused is R3: the bank refused to take more than was held, although over-commit is on.
func overCommitRefused() doctor.Rule {
	return doctor.Rule{
		ID: "R3", Code: "over_commit_refused", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder, Who: doctor.Acquirer,
		Symptoms: []string{"money short", "captured less than the price", "PARTIAL_SUCCESS"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The bank refused the amount above the hold",
				NL: "De bank weigerde het bedrag boven de reservering",
				FR: "La banque a refusé le montant au-delà de la réserve",
				IT: "La banca ha rifiutato l'importo oltre il blocco",
				ES: "El banco rechazó el importe por encima de la retención",
			},
			Shop: doctor.Text{
				EN: "The session cost {price} and the bank gave only the {held} that was held, so {open} is still open; nothing is wrong with the terminal or the charger.",
				NL: "De sessie kostte {price} en de bank gaf alleen de gereserveerde {held}, dus {open} staat nog open; met terminal en lader is niets mis.",
				FR: "La session a coûté {price} et la banque n'a donné que les {held} réservés : il reste {open} à payer ; le terminal et la borne sont en ordre.",
				IT: "La sessione è costata {price} e la banca ha dato solo i {held} bloccati: restano aperti {open}; terminale e colonnina sono a posto.",
				ES: "La sesión costó {price} y el banco solo dio los {held} retenidos: quedan abiertos {open}; el terminal y el cargador están bien.",
			},
			Fix: doctor.Text{
				EN: "Hold more from the start: over-commit asks the bank, and the bank may say no. The {open} can be collected or written off.",
				NL: "Reserveer vanaf het begin meer: over-commit vraagt het de bank, en die mag nee zeggen. De {open} kan worden geïnd of afgeboekt.",
				FR: "Réservez davantage dès le départ : le dépassement demande l'accord de la banque, qui peut refuser. Les {open} peuvent être recouvrés ou passés en perte.",
				IT: "Blocca di più fin dall'inizio: il superamento chiede alla banca, che può dire di no. I {open} possono essere riscossi o stralciati.",
				ES: "Retenga más desde el principio: el exceso se pide al banco, que puede negarse. Los {open} pueden cobrarse o darse por perdidos.",
			},
		},
		Developer: "The confirmation (FAC) says PARTIAL_SUCCESS with {taken}; the invoice still says {price}.",
		Runbook:   "The capture above the hold went out flagged as over-commit and was declined with response code {code}; what was held was taken then. It is the issuer's decision, card by card.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, held, no := settled(c)
			switch {
			case t == nil:
				return doctor.No(no)
			case !c.Order.Terms.OverCommit:
				return doctor.No("over-commit was off")
			}
			more := over(c.Order)
			switch {
			case more == nil || more.Status != kassa.CaptureDeclined:
				return doctor.No("no capture above what was held was refused")
			case t.Captured != held:
				return doctor.No("it was not just what was held that was taken")
			}
			args := sums(c, t, held)
			args["code"] = more.ResponseCode
			says := "the capture of " + amount(c, more.Amount.Minor) + " was refused with " + more.ResponseCode + ", and then " + args["taken"] + " was taken"
			return doctor.Found(args, recorded(c, says, "SettlementDone"))
		},
	}
}
