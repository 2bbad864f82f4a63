// Package dockerfile evaluates Dockerfiles without building them. [Parse] reads one
// with BuildKit's own parser; [File.Recipe] evaluates its final stage, together with the
// stages of the file that it is built on, into the normal form of package recipe.
package dockerfile
