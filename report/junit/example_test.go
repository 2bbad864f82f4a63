package junit_test

import (
	"os"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/junit"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func ExampleWrite() {
	checked := []report.Rule{rules.BuildTools(), rules.RootUser()}
	p, err := policy.Parse([]byte("failOn: warning"), checked)
	if err != nil {
		panic(err)
	}
	r := &report.Report{
		Reference: "shop/api:2.4.1",
		AsOf:      handmade.AsOf,
		Ancestors: []report.Ancestor{{}},
		Findings: []report.Finding{{Rule: "build-tools", Severity: report.Warning,
			Message: "ships compilers: gcc-12", Remedy: "build in a stage of its own"}},
	}
	if err := junit.Write(os.Stdout, r, &junit.Options{Policy: p, Rules: checked}); err != nil {
		panic(err)
	}
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?>
	// <testsuites name="stemma" tests="3" failures="1" errors="0" skipped="0" time="0">
	//   <testsuite name="shop/api:2.4.1" tests="3" failures="1" errors="0" skipped="0" time="0" timestamp="2026-11-22T00:00:00">
	//     <testcase name="build-tools" classname="stemma.shop/api" time="0">
	//       <failure message="ships compilers: gcc-12" type="warning"><![CDATA[
	// warning: ships compilers: gcc-12
	//   brought by: this image
	//   what to do: build in a stage of its own
	//   who can: you, in your Dockerfile
	// ]]></failure>
	//     </testcase>
	//     <testcase name="root-user" classname="stemma.shop/api" time="0"></testcase>
	//     <testcase name="policy/partial" classname="stemma.shop/api" time="0"></testcase>
	//   </testsuite>
	// </testsuites>
}
