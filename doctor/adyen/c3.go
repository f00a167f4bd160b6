package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// columnHidden is C3: the list lacks its column about the cloud connection, which is a matter of its view: the
// state is known.
func columnHidden() doctor.Rule {
	return doctor.Rule{
		ID: "C3", Code: "websocket_column_hidden", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNotice + 1, Who: doctor.Merchant, Action: doctor.Action{Label: "See the terminals", Href: "/terminals"},
		Symptoms: []string{"column missing", "no Websocket column"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The column about the connection is hidden",
				NL: "De kolom over de verbinding is verborgen",
				FR: "La colonne de la connexion est masquée",
				IT: "La colonna del collegamento è nascosta",
				ES: "La columna de la conexión está oculta",
			},
			Shop: doctor.Text{
				EN: "The list of terminals hides a column; choose it with the settings icon above the list.",
				NL: "De lijst met terminals verbergt een kolom; kies die met het instellingenpictogram boven de lijst.",
				FR: "La liste des terminaux masque une colonne ; choisissez-la avec l'icône de réglage au-dessus de la liste.",
				IT: "L'elenco dei terminali nasconde una colonna; sceglila con l'icona delle impostazioni sopra l'elenco.",
				ES: "La lista de terminales oculta una columna; elíjala con el icono de ajustes encima de la lista.",
			},
			Fix: doctor.Text{
				EN: "Settings icon, then select the column Websocket.",
				NL: "Instellingenpictogram, dan de kolom Websocket kiezen.",
				FR: "Icône de réglage, puis sélectionnez la colonne Websocket.",
				IT: "Icona delle impostazioni, poi seleziona la colonna Websocket.",
				ES: "Icono de ajustes y seleccione la columna Websocket.",
			},
		},
		Runbook: "The state itself is on the terminal's page. In Kassa's own list the column is always there; the one of the acquirer's customer area can be hidden.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !c.Shows("column") {
				return doctor.No("nobody misses a column")
			}
			return doctor.Found(past.Args(c), state(c, "the state of its connection is known: "+c.Reach.State))
		},
	}
}
