package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// checkOutdated is C5: "Terminal is connected" is a snapshot: the terminal lost its link after it was checked.
func checkOutdated() doctor.Rule {
	return doctor.Rule{
		ID: "C5", Code: "connection_check_outdated", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankOrder + 8, Who: doctor.Shop, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"Terminal is connected", "check mark"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The check mark is from before the connection broke",
				NL: "Het vinkje is van voor de verbinding wegviel",
				FR: "La coche date d'avant la coupure",
				IT: "Il segno di spunta è precedente all'interruzione",
				ES: "La marca es anterior al corte de la conexión",
			},
			Shop: doctor.Text{
				EN: "\"Terminal is connected\" was true when it was pressed; {name} has lost its connection since, so press it again.",
				NL: "\"Terminal is verbonden\" klopte op het moment van drukken; {name} is daarna de verbinding kwijtgeraakt, dus druk opnieuw.",
				FR: "« Le terminal est connecté » était vrai au moment de l'appui ; {name} a perdu la connexion depuis, appuyez de nouveau.",
				IT: "«Il terminale è collegato» era vero quando è stato premuto; {name} ha perso il collegamento dopo, quindi premi di nuovo.",
				ES: "«El terminal está conectado» era cierto al pulsarlo; {name} perdió la conexión después, así que pulse otra vez.",
			},
			Fix: doctor.Text{
				EN: "The icon never refreshes by itself: press Check connection each time, or watch the terminal's live page.",
				NL: "Het pictogram ververst zichzelf nooit: druk elke keer op Verbinding controleren, of kijk op de live-pagina van de terminal.",
				FR: "L'icône ne se rafraîchit jamais seule : appuyez chaque fois sur Vérifier la connexion, ou suivez la page en direct du terminal.",
				IT: "L'icona non si aggiorna mai da sola: premi ogni volta Verifica connessione, o guarda la pagina in diretta del terminale.",
				ES: "El icono nunca se actualiza solo: pulse Comprobar conexión cada vez, o mire la página en vivo del terminal.",
			},
		},
		Runbook: "What counts is the state now, with its reason. A check mark and an offline list contradict each other only when they are of the same moment.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !c.Shows("Terminal is connected") {
				return doctor.No("nobody goes by an older check")
			}
			if c.Reach.State == "online" {
				return doctor.No("it is connected")
			}
			evidence := []doctor.Evidence{state(c, "it is "+c.Reach.State+" now")}
			if g, ok := past.Without(c); ok {
				evidence = append(evidence, g.Evidence())
			}
			return doctor.Found(past.Args(c), evidence...)
		},
	}
}
