# One line a target; what needs more is in tools/ or a test.
SEEDS ?= 2000
STATICCHECK = go tool -modfile=tools/go.mod staticcheck

.PHONY: build run test check bench sim doctor-matrix charging-histories setup
build: ; CGO_ENABLED=0 go build -trimpath -o bin/kassa ./cmd/kassa
run: build ; bin/kassa dev --env .kassa/env
test: setup ; go vet ./... && go test -race -parallel 4 -timeout 14m $$(go list ./... | grep -vE '/(sim|matrix)$$') && go test -timeout 10m ./sim && go test -timeout 10m ./matrix && CHARGING_HISTORIES=2000 go test -timeout 5m -run 'TestHistories$$' ./charging
check: ; test -z "$$(gofmt -l . | tee /dev/stderr)" && go vet ./... && $(STATICCHECK) ./... && go test -run 'TestArchitecture|TestTidy' .
bench: ; go test -run '^$$' -bench . -benchtime 1x -timeout 5m ./cmd/kassa && go test -p 1 -run '^$$' -bench . -timeout 5m ./iso8583 ./hsm ./acquirer ./poi ./store/sqlite
doctor-matrix: ; go test -count=1 -run TestMatrix -timeout 15m ./matrix && sed -n 's/^    //p' docs/doctor-matrix.md
sim: ; go run ./sim/run -seeds $(SEEDS)
charging-histories: ; CHARGING_HISTORIES=100000 go test -count=1 -run "TestHistories$$" -timeout 90m -v ./charging
setup: ; tools/setup
