package doctor

// need is what is said of a part of a chart that is missing.
type need struct {
	offer Text
	href  string
}

// needs tells how each part is collected.
func needs() map[Need]need {
	connect := Text{
		EN: "Switch the terminal on and connect it: it tells how it is as soon as it has a link.",
		NL: "Zet de terminal aan en verbind hem: hij meldt hoe het met hem is zodra hij een verbinding heeft.",
		FR: "Allumez le terminal et connectez-le : il indique son état dès qu'il a une liaison.",
		IT: "Accendi il terminale e collegalo: comunica il suo stato appena ha un collegamento.",
		ES: "Encienda el terminal y conéctelo: comunica su estado en cuanto tiene enlace.",
	}
	activate := Text{
		EN: "Activate a device as this terminal.", NL: "Activeer een apparaat als deze terminal.", FR: "Activez un appareil comme ce terminal.",
		IT: "Attiva un dispositivo come questo terminale.", ES: "Active un dispositivo como este terminal.",
	}
	again := Text{
		EN: "Ask again in a moment.", NL: "Vraag het zo nog eens.", FR: "Redemandez dans un instant.",
		IT: "Riprova tra un momento.", ES: "Pregunte de nuevo en un momento.",
	}
	return map[Need]need{
		NeedOrder: {Text{
			EN: "Place the order again, or name one that exists.", NL: "Plaats de bestelling opnieuw, of noem er een die bestaat.",
			FR: "Passez de nouveau la commande, ou indiquez-en une qui existe.", IT: "Invia di nuovo l'ordine, o indicane uno esistente.",
			ES: "Haga el pedido de nuevo, o indique uno que exista.",
		}, "/payments"},
		NeedRecent: {again, ""}, NeedTerminal: {Text{
			EN: "Name the terminal.", NL: "Noem de terminal.", FR: "Indiquez le terminal.", IT: "Indica il terminale.", ES: "Indique el terminal.",
		}, "/terminals"},
		NeedDevice: {activate, "/terminals/{terminal}"}, NeedReach: {connect, "/terminals/{terminal}"},
		NeedTelemetry: {connect, "/terminals/{terminal}"}, NeedSettings: {connect, "/terminals/{terminal}"},
		NeedCalls: {again, "/calls"}, NeedKey: {Text{
			EN: "Send the request again with the key.", NL: "Stuur het verzoek opnieuw met de sleutel.", FR: "Renvoyez la requête avec la clé.",
			IT: "Invia di nuovo la richiesta con la chiave.", ES: "Envíe de nuevo la petición con la clave.",
		}, ""},
		NeedHooks: {Text{
			EN: "Set a webhook address, and make a payment.", NL: "Stel een webhookadres in en doe een betaling.", FR: "Indiquez une adresse de webhook et faites un paiement.",
			IT: "Imposta un indirizzo per i webhook e fai un pagamento.", ES: "Indique una dirección de webhook y haga un pago.",
		}, ""},
		NeedPlacing: {Text{
			EN: "Bind a terminal to the charger, and let its provider and the platform tell how both are.",
			NL: "Koppel een terminal aan de lader en laat de aanbieder en het platform melden hoe het met beide is.",
			FR: "Liez un terminal à la borne et faites indiquer l'état des deux par le fournisseur et la plateforme.",
			IT: "Abbina un terminale alla colonnina e fai comunicare lo stato di entrambi dal fornitore e dalla piattaforma.",
			ES: "Vincule un terminal al cargador y haga que el proveedor y la plataforma comuniquen el estado de ambos.",
		}, ""},
		NeedCharge: {Text{
			EN: "Bind a terminal of this installation to the charger, and let its operator assign it.",
			NL: "Koppel een terminal van deze installatie aan de lader en laat de exploitant hem toewijzen.",
			FR: "Liez un terminal de cette installation à la borne et faites-le affecter par son exploitant.",
			IT: "Abbina un terminale di questa installazione alla colonnina e fallo assegnare dal suo gestore.",
			ES: "Vincule un terminal de esta instalación al cargador y haga que su operador lo asigne.",
		}, ""},
		NeedAcquirer: {again, "/status"}, NeedFleet: {again, ""}, NeedComponents: {again, "/status"},
		NeedProbe: {Text{
			EN: "Test the connection: the terminal then checks itself.", NL: "Test de verbinding: de terminal controleert dan zichzelf.",
			FR: "Testez la connexion : le terminal se contrôle alors lui-même.", IT: "Prova il collegamento: il terminale controlla allora se stesso.",
			ES: "Pruebe la conexión: el terminal se comprueba entonces a sí mismo.",
		}, "/terminals/{terminal}"},
	}
}

func (n Need) offer() Text { return needs()[n].offer }

func (n Need) href(c *Chart) string {
	if c.Terminal == nil {
		return ""
	}
	return Text{EN: needs()[n].href}.Fill(map[string]string{"terminal": c.Terminal.TID}).EN
}
