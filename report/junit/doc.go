// Package junit writes what a policy checked as JUnit XML, which GitLab, Jenkins, Azure
// Pipelines and the test reporters for GitHub Actions show beside a pipeline's other tests.
//
//	<testsuites name="stemma" tests="3" failures="1" errors="0" skipped="1" time="0">
//	  <testsuite name="shop/api:2.4.1" tests="3" failures="1" errors="0" skipped="1" time="0" timestamp="2026-11-22T00:00:00">
//	    <testcase name="build-tools" classname="stemma.shop/api" time="0">
//	      <failure message="ships compilers: gcc-12" type="warning">…</failure>
//	    </testcase>
//	    <testcase name="superseded" classname="stemma.shop/api" time="0">
//	      <skipped message="cannot tell: …">…</skipped>
//	    </testcase>
//	    <testcase name="policy/maxAge" classname="stemma.shop/api" time="0"></testcase>
//	  </testsuite>
//	</testsuites>
//
// # Test cases
//
// There is one test case for each rule that the policy does not turn off, and for each of
// [policy.Policy.Checks]. So the cases of an image
// are the same from build to build, and their readers tell what fails that passed before, and what is
// mended; and a file in which all is well has tests that passed, without which Jenkins
// fails.
//
//	fails    its findings fail by the policy: the first one's message, and in the text each
//	         one with the ancestor that brought it and the remedy
//	skipped  nothing fails, and the rule cannot tell for all of the image: something is not known
//	passed   the rest: there is nothing, or what there is does not fail, or is accepted
//
// A failure's type is the severity of the worst finding. Several findings of a rule are one
// failure, since Jenkins keeps one for each case, and GitLab the first of two cases of one
// name.
//
// The class is the image's repository, without its tag or digest, since GitLab shows it as
// the suite and compares by it, and a tag may be another in every build. Dots in it become
// underscores: for Jenkins they are packages.
//
// All text goes through layers/printable: no name in an image adds an element, or is what
// XML may not hold. README.md, beside this file, shows how GitLab, Jenkins and GitHub show it.
package junit
