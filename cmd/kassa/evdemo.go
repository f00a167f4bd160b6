package main

import "github.com/spf13/cobra"

func evDemoCommand() *cobra.Command { return &cobra.Command{Use: "demo"} }
