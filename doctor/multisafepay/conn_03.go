package multisafepay

import (
	"kassa/doctor"
)

// linkHealthy is CONN-03: a green network icon is a state and no fault. It tells people where not to look.
func linkHealthy() doctor.Rule {
	return doctor.Rule{
		ID: "CONN-03", Code: "link_healthy", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice, Who: doctor.Nobody,
		Symptoms: []string{"green network icon"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A green network icon: the connection is good", NL: "Een groen netwerkpictogram: de verbinding is goed",
				FR: "Une icône de réseau verte : la connexion est bonne", IT: "Un'icona di rete verde: il collegamento è buono",
				ES: "Un icono de red verde: la conexión es buena",
			},
			Shop: doctor.Text{
				EN: "Green means that the terminal is connected; the trouble is somewhere else.",
				NL: "Groen betekent dat de terminal verbonden is; het probleem zit ergens anders.",
				FR: "Vert signifie que le terminal est connecté ; le problème est ailleurs.",
				IT: "Verde significa che il terminale è collegato; il problema è altrove.",
				ES: "Verde significa que el terminal está conectado; el problema está en otra parte.",
			},
			Fix: doctor.Text{
				EN: "Leave the network as it is, and look at the order or at the key that it was made with.",
				NL: "Laat het netwerk zoals het is, en kijk naar de bestelling of naar de sleutel waarmee die is gemaakt.",
				FR: "Ne touchez pas au réseau ; regardez la commande ou la clé avec laquelle elle a été créée.",
				IT: "Lascia la rete com'è e guarda l'ordine o la chiave con cui è stato creato.",
				ES: "Deje la red como está y mire el pedido o la clave con la que se creó.",
			},
			Question: doctor.Text{
				EN: "Is the network icon on the terminal green?", NL: "Is het netwerkpictogram op de terminal groen?",
				FR: "L'icône de réseau du terminal est-elle verte ?", IT: "L'icona di rete sul terminale è verde?",
				ES: "¿Está verde el icono de red del terminal?",
			},
		},
		Runbook: "Green on the screen while the page says offline: another device shows this number, or the page is old. Test the connection.",
	}
}
