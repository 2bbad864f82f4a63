#!/bin/bash
# Draw the first screen of the sample, as the README shows it: picture.sh
#
# Needs Debian's chromium, fonts-dejavu-core, python3, pngquant and optipng.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

CLICOLOR_FORCE=1 TERM=xterm LC_ALL=C.UTF-8 go run ./examples/tree -width 100 >"$work/screen"
python3 - "$work/screen" >"$work/screen.html" <<'EOF'
import html, re, sys
colours = {'31': '#f0716a', '32': '#7fc97f', '33': '#e5b84b', '34': '#6aa6ef', '36': '#57c7c2', '2': '#8b95a1'}
out, spans = '', 0
for part in re.split(r'(\x1b\[[0-9;]*m)', open(sys.argv[1], encoding='utf-8').read()):
    code = re.fullmatch(r'\x1b\[([0-9;]*)m', part)
    if not code:
        out += html.escape(part)
    elif code[1] in ('', '0'):
        out, spans = out + '</span>' * spans, 0
    else:
        style = ''.join('font-weight:bold;' if c == '1' else f'color:{colours[c]};' for c in code[1].split(';'))
        out, spans = out + f'<span style="{style}">', spans + 1
print(f'''<!doctype html><meta charset=utf-8><style>
html, body {{ margin: 0; background: #14181d }}
pre {{ margin: 0; padding: 22px 26px; font: 15px/1.42 "DejaVu Sans Mono"; color: #d5dae0 }}
</style><pre><span style="color:#7fc97f">$</span> go run ./examples/tree
{out}</pre>''')
EOF
lines=$(wc -l <"$work/screen")
chromium --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/chromium" --hide-scrollbars \
	--force-device-scale-factor=1.5 --window-size=956,$(((lines + 1) * 213 / 10 + 45)) \
	--screenshot="$work/tree.png" "file://$work/screen.html" >/dev/null 2>&1
pngquant --quality 70-95 --output examples/tree/tree.png --force "$work/tree.png"
optipng -quiet -o2 examples/tree/tree.png
