package multisafepay

import (
	"kassa/doctor"
)

// methodNotLoaded is PAY-19: a method is missing in the menu of the terminal.
func methodNotLoaded() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-19", Code: "method_not_loaded", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankTerminal + 9, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"method missing", "Alipay", "no QR payment"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A payment method has not been loaded on the terminal",
				NL: "Een betaalmethode is niet op de terminal geladen",
				FR: "Un moyen de paiement n'est pas chargé sur le terminal",
				IT: "Un metodo di pagamento non è caricato sul terminale",
				ES: "Un método de pago no está cargado en el terminal",
			},
			Shop: doctor.Text{
				EN: "Open Features > Payment > Additional methods on the terminal, press Reload and switch the method on.",
				NL: "Open Functies > Betaling > Extra methoden op de terminal, druk op Opnieuw laden en zet de methode aan.",
				FR: "Ouvrez Fonctions > Paiement > Moyens supplémentaires sur le terminal, appuyez sur Recharger et activez le moyen.",
				IT: "Apri Funzioni > Pagamento > Metodi aggiuntivi sul terminale, premi Ricarica e attiva il metodo.",
				ES: "Abra Funciones > Pago > Métodos adicionales en el terminal, pulse Recargar y active el método.",
			},
			Fix: doctor.Text{
				EN: "Reload the list of methods on the terminal. When the method is not in it, have it added to the contract of the shop.",
				NL: "Laad de lijst met methoden opnieuw op de terminal. Staat de methode er niet in, laat haar dan aan het contract toevoegen.",
				FR: "Rechargez la liste des moyens sur le terminal. Si le moyen n'y figure pas, faites-le ajouter au contrat du magasin.",
				IT: "Ricarica l'elenco dei metodi sul terminale. Se il metodo non c'è, fallo aggiungere al contratto del negozio.",
				ES: "Recargue la lista de métodos en el terminal. Si el método no aparece, haga que lo añadan al contrato de la tienda.",
			},
			Question: doctor.Text{
				EN: "Is the method missing in the menu of the terminal, and does it appear after Reload?",
				NL: "Ontbreekt de methode in het menu van de terminal, en verschijnt ze na Opnieuw laden?",
				FR: "Le moyen manque-t-il dans le menu du terminal, et apparaît-il après Recharger ?",
				IT: "Il metodo manca nel menu del terminale e compare dopo Ricarica?",
				ES: "¿Falta el método en el menú del terminal y aparece tras Recargar?",
			},
		},
		Runbook: "Terminals do not tell which methods they have loaded. After a new contract the list must be loaded once.",
	}
}
