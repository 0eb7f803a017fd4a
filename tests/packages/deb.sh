#!/usr/bin/env bash
# Builds the .deb from target/release/vigie, and tries it in a clean Debian: install, upgrade, purge.
# Needs cargo-deb, lintian, dpkg-dev and mmdebstrap, and root. Leaves the package in target/debian.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d) && root=$work/root
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
fail() { echo "deb.sh: $1" >&2; exit 1; }

# What Cargo.toml's assets take from target/deb.
made=target/deb
rm -rf "$made" target/debian && mkdir -p "$made/units"
target/release/vigie man --out "$made/man"
for shell in bash zsh fish; do target/release/vigie completions "$shell" >"$made/vigie.$shell"; done
for unit in systemd/*.service systemd/*.timer; do
  sed 's|/usr/local/bin/vigie|/usr/bin/vigie|' "$unit" >"$made/units/${unit##*/}"
done
sed -e 's|\.\./reference_data/home_credit/log|/var/log/scoring|' -e 's|\.\./reference_data/home_credit|/var/lib/vigie|' \
  -e 's|\.\./reports|/var/lib/vigie/reports|' -e 's|\.\./\.vigie|/var/lib/vigie/state|' config/vigie.yaml >"$made/vigie.yaml"
! grep -nF '../' "$made/vigie.yaml" || fail 'the installed config has paths relative to the repository'
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# Who maintains a package is who builds it: as Debian's tools know, or the author of the commit.
maintainer="${DEBFULLNAME:-$(git log -1 --format=%an)} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"
printf 'vigie (%s-1) unstable; urgency=medium\n\n  * What changed is in CHANGELOG.md.\n\n -- %s  %s\n' \
  "$version" "$maintainer" "$(git log -1 --format=%cD -- CHANGELOG.md)" >"$made/changelog"
{ cat LICENSE-MIT && printf '\nThe Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.\n'; } >"$made/license"
cargo deb --quiet --no-build --no-strip --maintainer "$maintainer"
deb=$(echo target/debian/vigie_*.deb)
# What it takes for libyaml is a translation of it to Rust.
lintian --fail-on error --suppress-tags embedded-library,initial-upload-closes-no-bugs "$deb"
[ "$(stat -c %s "$deb")" -le 20000000 ] || fail "$deb is larger than 20 MB"

# A clean Debian with systemd's tools; they do not run as a system.
clean=${VIGIE_CLEAN_ROOT:-$work/clean.tar}
[ -e "$clean" ] || mmdebstrap --quiet --variant=essential --include=systemd,init-system-helpers,procps bookworm "$clean"
mkdir "$root" && tar -xf "$clean" -C "$root"
mount -t proc proc "$root/proc"
cp "$deb" "$root/vigie.deb"
in_root() { chroot "$root" "$@"; }
files() { (cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./var/lib/dpkg -o -path ./var/log \) -prune -o -print | sort); }
files >"$work/before"

in_root dpkg --install /vigie.deb >"$work/dpkg" 2>&1 || { cat "$work/dpkg"; fail 'cannot be installed'; }
[ "$(in_root vigie --version)" = "vigie $version" ] || fail 'another version is installed'
[ "$(stat -c %a "$root/etc/vigie")" = 750 ] || fail '/etc/vigie must be 0750'
in_root getent passwd vigie vigie-serve >/dev/null || fail 'the users are missing'
[ "$(in_root stat -c %U:%G /etc/vigie)" = root:vigie ] || fail '/etc/vigie must belong to root:vigie'
for path in usr/share/man/man1/vigie.1.gz usr/share/man/man1/vigie-check.1.gz usr/share/doc/vigie/copyright \
  usr/share/doc/vigie/changelog.Debian.gz usr/share/bash-completion/completions/vigie usr/share/zsh/vendor-completions/_vigie \
  usr/share/fish/vendor_completions.d/vigie.fish; do
  [ "$(stat -c %a "$root/$path")" = 644 ] || fail "$path must be there, 0644"
done
in_root systemd-analyze verify vigie.service vigie-check.timer vigie-serve.service || fail 'systemd refuses the units'
bash -c "source $root/usr/share/bash-completion/completions/vigie && complete -p vigie" >/dev/null

# The config is valid once the files that it names are there, and the user of the service can check the log.
code=0 && in_root vigie config check --config /etc/vigie/vigie.yaml >"$work/check" 2>&1 || code=$?
[ "$code" = 2 ] && grep -q /var/lib/vigie/reference.vigie "$work/check" || { cat "$work/check"; fail 'a missing reference must be named'; }
mkdir -p "$root/var/lib/vigie" "$root/var/log/scoring"
cp -r reference_data/home_credit/{reference.vigie,model.cbm} "$root/var/lib/vigie"
cp -r reference_data/home_credit/log/. "$root/var/log/scoring"
in_root chown -R vigie:vigie /var/lib/vigie
in_root setpriv --reuid vigie --regid vigie --clear-groups vigie config check --config /etc/vigie/vigie.yaml
in_root setpriv --reuid vigie --regid vigie --clear-groups vigie check --config /etc/vigie/vigie.yaml >"$work/table"
grep -q AMT_ANNUITY "$work/table" || { cat "$work/table"; fail 'the check must find what drifted'; }

# An upgrade keeps the operator's config; a purge leaves nothing but the users.
echo '# changed here' >>"$root/etc/vigie/vigie.yaml"
in_root dpkg --install --force-confold /vigie.deb >"$work/dpkg" 2>&1 || { cat "$work/dpkg"; fail 'cannot be upgraded'; }
[ "$(tail -n 1 "$root/etc/vigie/vigie.yaml")" = '# changed here' ] || fail 'the upgrade replaced the config'
in_root dpkg --purge vigie >"$work/dpkg" 2>&1 || { cat "$work/dpkg"; fail 'cannot be purged'; }
files | diff "$work/before" - | grep -vE '^[0-9,]+[acd]|etc/(passwd|group|shadow|gshadow)-?$|etc/\.pwd\.lock$' && fail 'the purge left files'
printf '%s: %s bytes, installed, upgraded and purged\n' "$deb" "$(stat -c %s "$deb")"
