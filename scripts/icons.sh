#!/usr/bin/env bash
# Picks the icons we use out of Lucide (npm lucide-static, ISC licence) into public/icons.svg. Run it when the list changes:
#   scripts/icons.sh FOLDER_OF_SVG_FILES
source "$(dirname "$0")/lib.sh"
FROM=${1:?the folder icons of an unpacked lucide-static}
ICONS="inbox gauge fingerprint activity file-check-2 scroll-text settings sparkles search copy check check-check x chevron-right
 chevron-left chevron-down arrow-right arrow-down arrow-up plus minus download upload key-round user users bot cog workflow box link
 shield-check shield-alert message-square-quote triangle-alert octagon-x info circle-help clock history octagon-pause ban eye eye-off
 lock log-out log-in sun moon monitor menu external-link filter plug trash-2 pencil refresh-cw undo-2 terminal printer landmark keyboard"
{
  echo '<!-- Icons of Lucide (https://lucide.dev), ISC licence: public/icons-LICENSE.txt -->'
  echo '<svg xmlns="http://www.w3.org/2000/svg">'
  for icon in $ICONS; do
    [ -e "$FROM/$icon.svg" ] || fail "no icon $icon"
    printf '<symbol id="%s" viewBox="0 0 24 24">' "$icon"
    sed -e '1,/>$/{/^ *>$/!d}' -e '/^ *>$/d' -e '/<\/svg>/d' -e 's/^ *//' -e 's| />|/>|' "$FROM/$icon.svg" | grep -v -e '^<!--' -e '^<svg' | tr -d '\n'
    echo '</symbol>'
  done
  # the shapes of states are ours: octagon denied, triangle waits, square information, circle allowed, diamond agent to agent, ring unknown
  echo '<symbol id="s-octagon" viewBox="0 0 16 16"><path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z"/></symbol>'
  echo '<symbol id="s-triangle" viewBox="0 0 16 16"><path d="M8 1.5 15.5 14.5H.5z"/></symbol>'
  echo '<symbol id="s-square" viewBox="0 0 16 16"><path d="M2 2h12v12H2z"/></symbol>'
  echo '<symbol id="s-circle" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7"/></symbol>'
  echo '<symbol id="s-diamond" viewBox="0 0 16 16"><path d="M8 .5 15.5 8 8 15.5.5 8z"/></symbol>'
  echo '<symbol id="s-ring" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="3.2 3.08"/></symbol>'
  echo '</svg>'
} > public/icons.svg
say "$(grep -c '<symbol' public/icons.svg) icons, $(gzip -9 -c public/icons.svg | wc -c) bytes compressed"
