# shellcheck shell=bash
# Packages of PHP, which the image's own Composer installs. Sourced.

# php_of NAME VERSION [DEPENDENCY]: a package that Composer finds by its path.
php_of() {
	local dir=$work/php/$1-$2
	mkdir -p "$dir/src"
	printf '<?php const VERSION = "%s";\n' "$2" >"$dir/src/version.php"
	printf '{"name": "example/%s", "version": "%s", "license": "Apache-2.0", "require": {%s}}\n' \
		"$1" "$2" "${3:+\"example/$3\": \"*\"}" >"$dir/composer.json"
}

# composer_in COMMAND...: run Composer in the application's directory.
composer_in() {
	mkdir -p "$R/srv/php"
	[[ -f $R/srv/php/composer.json ]] || cat >"$R/srv/php/composer.json" <<-JSON
		{
		  "name": "example/shop",
		  "minimum-stability": "RC",
		  "repositories": [
		    {"packagist.org": false},
		    {"type": "path", "url": "/tmp/php/*", "options": {"symlink": false}}
		  ]
		}
	JSON
	cp -r "$work/php" "$R/tmp/php"
	inside "COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_HOME=/tmp/composer composer $* --working-dir=/srv/php --no-interaction --no-ansi"
	rm -r "$R/tmp/php" "$R/tmp/composer"
}
