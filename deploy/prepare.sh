#!/bin/sh
# Bring a fresh Debian to where Foyer runs; what is there already is left as it is.
#
#   prepare.sh venv REQUIREMENTS...   the virtual environment, with these packages
#   prepare.sh broker                 RabbitMQ, unless FOYER_AMQP_URL names a broker
#   prepare.sh pages [dev]            the design system that the pages are made with; dev: what checks them, too
#   prepare.sh servers                RabbitMQ, PostgreSQL and Chromium, for the tests
set -eu

VENV=.venv
# The first is there as long as nothing is being installed, else the second: what Ctrl-C leaves behind is made anew.
WHOLE=$VENV/.whole
HALF=$VENV/.half

say() {
    printf '%s\n' "$*" >&2
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

# Install Debian packages without letting their services start: Foyer runs private ones.
# install UNIT PACKAGE...   (UNIT is the systemd unit that comes with them, or -)
install() {
    unit=$1
    shift
    command -v apt-get >/dev/null || return 1
    policy=/usr/sbin/policy-rc.d
    ours=
    if [ ! -e $policy ] && as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"; then
        ours=yes
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
    fi
    say "Installing $* from Debian ..."
    status=0
    apt_install "$@" || status=$?
    # Nor at the next boot; the unit is new here, so nobody else relies on it.
    if [ $status = 0 ] && [ "$unit" != - ] && [ -d /run/systemd/system ]; then
        as_root systemctl disable --quiet "$unit" 2>/dev/null || true
    fi
    if [ -n "$ours" ]; then
        as_root rm -f $policy
        trap - EXIT INT TERM
    fi
    return $status
}

apt_install() {
    options="DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -o Dpkg::Use-Pty=0"
    # The lists of a fresh machine are empty or old.
    as_root env $options install -y --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    as_root env $options update >/dev/null 2>&1 || true
    as_root env $options install -y --no-install-recommends "$@" >/dev/null
}

find_python() {
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# What pip can't do it takes back itself, unless it is killed; interrupted, it ends as if it could not.
pip_install() {
    trap 'exit 130' INT
    touch $HALF
    rm -f $WHOLE
    status=0
    $VENV/bin/pip install --quiet --disable-pip-version-check "$@" || status=$?
    [ $status -gt 128 ] || mv $HALF $WHOLE
    return $status
}

make_venv() {
    python=$(find_python) || {
        say "Foyer needs Python 3.11 or newer: apt-get install python3"
        exit 1
    }
    # Stamps go first, and what counts as one: none stands for what is half cleared.
    rm -f $VENV/bin/foyer $VENV/.[a-z]*
    if ! "$python" -m venv --clear "$VENV" >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        install - "python$version-venv" || install - python3-venv || {
            say "Python can't make a virtual environment here: run 'apt-get install python3-venv' as root."
            exit 1
        }
        "$python" -m venv --clear "$VENV"
    fi
    # Debian's own takes twice as long to look for 160 packages.
    pip_install --require-hashes -r requirements-pip.txt
}

venv() {
    # One from before there were marks; bin/foyer came last.
    [ -e $HALF ] || [ ! -x $VENV/bin/foyer ] || [ ! -x $VENV/bin/pip ] || touch $WHOLE
    [ -e $WHOLE ] && $VENV/bin/python -c '' 2>/dev/null || make_venv
    compiling=
    for packages in "$@"; do
        say "Installing the packages of $packages, a minute or so ..."
        pip_install --no-compile --require-hashes -r "$packages" || {
            [ -z "$compiling" ] || wait "$compiling" || true
            exit 1
        }
        [ "$packages" != requirements.txt ] || {
            compile &
            compiling=$!
        }
    done
    # The build tool is among the pinned packages, so nothing is fetched without a hash.
    [ -x $VENV/bin/foyer ] || pip_install --no-deps --no-build-isolation --editable . >/dev/null
    [ -z "$compiling" ] || wait "$compiling" || true
}

# On all processors, and also without docstrings, as the processes run (deploy/run.py): the first start does not wait
# for that. Of what tests need, and of what is left out here, most is never loaded.
compile() {
    $VENV/bin/python -m compileall -q -j 0 -o 0 -o 2 -x '/(pip|setuptools|lexers|styles|countries|financial|tests?)/' \
        $VENV/lib deploy services shared >/dev/null 2>&1
}

broker() {
    [ -n "${FOYER_AMQP_URL:-}" ] || need_rabbitmq
}

need_rabbitmq() {
    [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] && return 0
    install rabbitmq-server rabbitmq-server || {
        say "RabbitMQ can't be installed here: run 'apt-get install rabbitmq-server' as root," \
            "or set FOYER_AMQP_URL to a broker that you have."
        exit 1
    }
}

need_postgresql() {
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && return 0
    install postgresql postgresql || {
        say "PostgreSQL can't be installed here, and the tests need it: run 'apt-get install postgresql' as root."
        exit 1
    }
}

need_chromium() {
    [ -x /usr/bin/chromium-headless-shell ] && return 0
    # The one with windows does, too; it takes more of the machine.
    install - chromium-headless-shell || [ -x /usr/bin/chromium ] || {
        say "Chromium can't be installed here, and the tests need it: run 'apt-get install chromium-headless-shell' as root."
        exit 1
    }
}

# The versions and hashes are pinned in package-lock.json.
pages() {
    PATH="$(pwd)/$VENV/bin:$PATH"
    if ! command -v npm >/dev/null; then
        # What an interrupted call has begun may look complete.
        pip_install --ignore-installed --require-hashes -r requirements-npm.txt
    fi
    say "Installing the design system of the pages ..."
    # npm begins by removing what is there.
    rm -f $VENV/.pages $VENV/.pages-dev
    omit=--omit=dev
    [ "${1:-}" != dev ] || omit=
    # shellcheck disable=SC2086
    npm ci $omit --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null || {
        say "The design system of the pages can't be installed: is the npm registry reached?"
        exit 1
    }
}

case "${1:-}" in
    venv)
        shift
        venv "$@"
        ;;
    broker) broker ;;
    pages) pages "${2:-}" ;;
    servers)
        need_rabbitmq
        need_postgresql
        need_chromium
        ;;
    *)
        sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
