#!/usr/bin/env bash
# A small cluster with a real Slurm on one machine, for tests.
#
#   cluster.sh check            can it run here? Says why not and returns 77 otherwise.
#   cluster.sh up N             hosts n1..nN, and 'head' with the controller
#   cluster.sh on HOST CMD...   run a shell command on a host; also Open MPI's plm_rsh_agent
#   cluster.sh kill HOST        the host loses its power
#   cluster.sh boot HOST        and is switched on again
#   cluster.sh down             end everything that `up` started; so does the end of the process
#                               HRM_CLUSTER_OWNER, if it was given
#
# A host is a process with a network, name, process tree, IPC and mounts of its own; the switch is
# a bridge inside the head. Nothing shows outside of these namespaces, so that several clusters
# can stand on a machine, and the end of a host's first process ends all that runs on it. The files
# of the machine are the shared file system. State lies in the folder HRM_CLUSTER.
set -u
: "${HRM_CLUSTER:?set HRM_CLUSTER to an empty folder}"
network=10.86.0
slurm=$HRM_CLUSTER/slurm

needed="ip unshare nsenter munged slurmctld slurmd sbatch srun scontrol squeue"

check() {
    local tool
    PATH=$PATH:/usr/sbin:/sbin
    for tool in $needed; do
        command -v "$tool" >/dev/null || { echo "skipped: '$tool' is not installed"; return 77; }
    done
    [ "$(id -u)" = 0 ] || { echo "skipped: virtual hosts need root"; return 77; }
    unshare --net --uts --ipc --mount --pid --fork sh -c '
        mount -t proc proc /proc && ip link add name bridge0 type bridge &&
        ip link add eth9 type veth peer name eth8' 2>/dev/null ||
        { echo "skipped: this machine lets nobody make namespaces or bridges"; return 77; }
}

# A zombie does not live: whose child it is now may not care.
lives() { grep -q '^State:[[:space:]]*[RSDTtI]' "/proc/$1/status" 2>/dev/null; }

# start_host NAME: the process that is the host. Its bash takes over orphans as an init does.
start_host() {
    local name=$1 outer
    rm -f "$HRM_CLUSTER/$name.ready"
    # shellcheck disable=SC2016
    setsid unshare --net --uts --ipc --mount --pid --fork --kill-child --propagation private \
        bash -c 'mount -t proc proc /proc; hostname "$1"; mount --bind "$2" /etc/hosts
                 mount -t tmpfs -o size=1g shm /dev/shm; ip link set lo up
                 sysctl -q -w net.ipv4.tcp_congestion_control=reno; : >"$3"
                 sleep infinity & wait' \
        bash "$name" "$HRM_CLUSTER/hosts" "$HRM_CLUSTER/$name.ready" \
        </dev/null >"$HRM_CLUSTER/$name.log" 2>&1 &
    outer=$!
    echo "$outer" >"$HRM_CLUSTER/$name.outer"
    until [ -e "$HRM_CLUSTER/$name.ready" ]; do
        kill -0 "$outer" || return 1
        sleep 0.05
    done
    tr -d ' ' <"/proc/$outer/task/$outer/children" >"$HRM_CLUSTER/$name.pid"
}

# plug NAME ADDRESS: a cable from the host to the switch.
plug() {
    local name=$1 address=$2
    nsenter -t "$(inner_pid head)" --net ip link add "port-$name" mtu 65000 type veth \
        peer name eth0 mtu 65000 netns "$(inner_pid "$name")" || return 1
    on head "ip link set port-$name master switch up"
    on "$name" "ip addr add $address/24 dev eth0; ip link set eth0 up"
}

# The host's first process, as numbered outside of it.
inner_pid() { cat "$HRM_CLUSTER/$1.pid"; }

on() {
    local host
    while [[ $1 == -* ]]; do shift; done
    host=$1
    shift
    exec_on "$host" "$*"
}

exec_on() {
    nsenter -t "$(inner_pid "$1")" --net --uts --ipc --mount --pid -- \
        /bin/sh -c "cd '$PWD' 2>/dev/null; SLURM_CONF='$slurm/slurm.conf'; export SLURM_CONF; $2"
}

write_slurm_conf() {
    cat <<END
ClusterName=hrmtest
SlurmctldHost=head($network.254)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits for as long as a credential lives.
AuthInfo=socket=$slurm/munge.socket,cred_expire=5
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool/%n
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.%n.pid
SlurmctldLogFile=$slurm/log/slurmctld.log
SlurmdLogFile=$slurm/log/slurmd.%n.log
TmpFS=$slurm/tmp/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$slurm/finished.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0,batch_sched_delay=0
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=5
MinJobAge=3600
SlurmdTimeout=10
SlurmctldParameters=idle_on_node_suspend
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PriorityType=priority/basic
DefMemPerCPU=500
NodeName=n[1-$1] CPUs=2 Sockets=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=2000 State=UNKNOWN
PartitionName=batch Nodes=n[1-$1] Default=YES MaxTime=UNLIMITED State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=urgent Nodes=n[1-$1] MaxTime=UNLIMITED State=UP PriorityTier=10 PreemptMode=OFF
END
}

start_munge() {
    dd if=/dev/urandom of="$slurm/munge.key" bs=1024 count=1 2>/dev/null
    chmod 600 "$slurm/munge.key"
    on head "munged --force --key-file=$slurm/munge.key --socket=$slurm/munge.socket \
        --pid-file=$slurm/munged.pid --log-file=$slurm/log/munged.log \
        --seed-file=$slurm/munge.seed"
}

start_slurmd() {
    mkdir -p "$slurm/spool/$1" "$slurm/tmp/$1"
    on "$1" "slurmd -f $slurm/slurm.conf" || return 1
}

start_slurm() {
    local i
    mkdir -p "$slurm/state" "$slurm/log"
    chmod 755 "$HRM_CLUSTER" "$slurm"
    write_slurm_conf "$1" >"$slurm/slurm.conf"
    printf 'CgroupPlugin=cgroup/v1\nIgnoreSystemd=yes\n' >"$slurm/cgroup.conf"
    start_munge || return 1
    on head "slurmctld -f $slurm/slurm.conf" || return 1
    for i in $(seq "$1"); do
        start_slurmd "n$i" || return 1
    done
    for i in $(seq 100); do
        [ "$(on head "sinfo -h -p batch -t idle -o %D" 2>/dev/null)" = "$1" ] && return 0
        sleep 0.2
    done
    echo "cluster: the hosts did not become idle"
    return 1
}

up() {
    local i
    mkdir -p "$HRM_CLUSTER"
    PATH=$PATH:/usr/sbin:/sbin
    {
        echo "127.0.0.1 localhost"
        echo "$network.254 head"
        for i in $(seq "$1"); do echo "$network.$i n$i"; done
    } >"$HRM_CLUSTER/hosts"
    start_host head || return 1
    on head "ip link add name switch mtu 65000 type bridge; ip addr add $network.254/24 dev switch
             ip link set switch up" || return 1
    for i in $(seq "$1"); do
        boot_machine "n$i" || return 1
    done
    [ -z "${HRM_CLUSTER_OWNER:-}" ] || setsid bash "$0" watch </dev/null >/dev/null 2>&1 &
    start_slurm "$1"
}

# For the owner that was killed, perhaps with its process group, and could not clean up.
watch() {
    while lives "$HRM_CLUSTER_OWNER"; do sleep 1; done
    down
    rm -rf "$HRM_CLUSTER"
}

boot_machine() { start_host "$1" && plug "$1" "$network.${1#n}"; }

boot() { boot_machine "$1" && start_slurmd "$1"; }

kill_host() {
    local outer
    outer=$(cat "$HRM_CLUSTER/$1.outer") || return 0
    # Without the cable nobody hears the connections close.
    [ "$1" = head ] || on head "ip link del port-$1" 2>/dev/null
    rm -f "$HRM_CLUSTER/$1".{outer,pid,ready}
    kill -KILL "$outer" 2>/dev/null
    while lives "$outer"; do sleep 0.05; done
}

down() {
    local file
    for file in "$HRM_CLUSTER"/*.outer; do
        [ -e "$file" ] && kill_host "$(basename "$file" .outer)"
    done
    return 0
}

case ${1:-} in
check | up | on | boot | down | watch) "$@" ;;
kill) kill_host "$2" ;;
*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
