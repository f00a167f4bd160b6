package multisafepay

import "kassa/doctor"

// terminalRules are those of devices: connection, activation, system, keyboard, display, printer, tampering, returns.
func terminalRules() []doctor.Rule {
	return []doctor.Rule{
		linkUnstable(), neverOnNetwork(), linkHealthy(), smartpadNoNetwork(), smartpadPowerCable(), dailyReboot(), batteryNotCharging(),
		notOnboarded(), noPermissionDevicesMenu(), appNotAllowed(), wrongAPIKey(), activationNotSynced(), boundElsewhere(),
		ipekMissing(), browserBroken(), logsNeeded(), firmwareOutdated(), downloadThrottled(),
		keyboardFirstUse(), noVirtualKeyboard(), displayGlitch(), logoCached(), logoNotAssigned(),
		doesNotPrint(), noPrinter(), autoPrintOff(),
		developerMode(), tampered(), tamperSensorDamaged(), deliveryCheck(), returnNeeded(),
	}
}
