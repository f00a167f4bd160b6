package network

import (
	"kassa/doctor"
)

// captivePortal is NET-11: a guest network asks for a log-in on a page, which a terminal cannot fill in. Only
// people see that.
func captivePortal() doctor.Rule {
	return doctor.Rule{
		ID: "NET-11", Code: "captive_portal", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal}, Rank: doctor.RankNetwork + 7, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"no connection", "disconnected", "red network icon", "It fails at: resolve", "It fails at: connect"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A guest network wants a log-in page filled in",
				NL: "Een gastnetwerk vraagt om een inlogpagina",
				FR: "Un réseau invité demande une page de connexion",
				IT: "Una rete ospiti chiede una pagina di accesso",
				ES: "Una red de invitados pide una página de acceso",
			},
			Shop: doctor.Text{
				EN: "Put the terminal on a network of your own instead of a guest network with a log-in page.",
				NL: "Zet de terminal op een eigen netwerk in plaats van een gastnetwerk met inlogpagina.",
				FR: "Mettez le terminal sur votre propre réseau plutôt que sur un réseau invité avec page de connexion.",
				IT: "Metti il terminale su una rete tua invece che su una rete ospiti con pagina di accesso.",
				ES: "Ponga el terminal en una red propia en lugar de una de invitados con página de acceso.",
			},
			Fix: doctor.Text{
				EN: "Make a network for the tills alone, with a password and without a log-in page.",
				NL: "Maak een netwerk alleen voor de kassa's, met wachtwoord en zonder inlogpagina.",
				FR: "Créez un réseau réservé aux caisses, avec mot de passe et sans page de connexion.",
				IT: "Crea una rete solo per le casse, con password e senza pagina di accesso.",
				ES: "Cree una red solo para las cajas, con contraseña y sin página de acceso.",
			},
			Question: doctor.Text{
				EN: "Does a phone on the same Wi-Fi show a page that you must accept or log in to?",
				NL: "Toont een telefoon op dezelfde wifi een pagina die u moet accepteren of waarop u moet inloggen?",
				FR: "Un téléphone sur le même Wi-Fi affiche-t-il une page à accepter ou à laquelle se connecter ?",
				IT: "Un telefono sullo stesso Wi-Fi mostra una pagina da accettare o a cui accedere?",
				ES: "¿Un teléfono en el mismo wifi muestra una página que hay que aceptar o donde iniciar sesión?",
			},
		},
		Runbook: "From here it looks like dns_blocked or outbound_blocked. Ask for the name of the network: guest, hotel and mall networks are the usual ones.",
	}
}
