# Runs every record of records.tcl through your model, one after the other, and writes demands.csv:
#
#     OpenSees run_records.tcl
#
# Written by gmplug. What you may want to change is in settings.tcl. Your model's file builds the model, applies
# gravity and damping; it is sourced anew for each record, after a wipe, in the global namespace and in its own
# folder. Files of its recorders are written to the record's folder, results/001 and so on, unless their path is
# absolute. It may set
#
#     set floorNodes {1 2 3}        ;# base to roof; then story drift ratios are reported
#     set storyHeights {4.0 3.5}
#     set supportNodes {1 11}       ;# all nodes that are fixed or tied to those; then base shears are reported
#     proc record {id folder} {...} ;# recorders of your own; folder is this record's, below results/

namespace eval ::gmplug {
    variable here [file dirname [file normalize [info script]]]
}
source [file join $::gmplug::here settings.tcl]
source [file join $::gmplug::here records.tcl]

proc ::gmplug::warn {text} {
    puts stderr "WARNING: $text"
    flush stderr
}

# Files of recorders go to the record's folder; OpenSees says nothing where it cannot write one. Some versions
# make the command anew with each model.

proc ::gmplug::redirected {arguments} {
    variable folder
    variable recorded
    set words {}
    set before ""
    foreach word $arguments {
        if {$before in {-file -xml -csv -binary -fileCSV}} {
            set relative [expr {[file pathtype $word] ne "absolute"}]
            set word [file join $folder $word]
            if {$relative} {
                file mkdir [file dirname $word]
            } elseif {![file isdirectory [file dirname $word]]} {
                error "the recorder of $word cannot write: there is no folder [file dirname $word]"
            }
            lappend recorded $word
        }
        lappend words $word
        set before $word
    }
    return $words
}

proc ::gmplug::take {} {
    foreach {name native} {model ::gmplug::openseesModel recorder ::gmplug::openseesRecorder} {
        if {[llength [info procs ::$name]] || ![llength [info commands ::$name]]} {continue}
        catch {rename $native {}}
        rename ::$name $native
    }
    proc ::model {args} {
        set result [uplevel 1 [list ::gmplug::openseesModel {*}$args]]
        ::gmplug::take
        return $result
    }
    if {[llength [info commands ::gmplug::openseesRecorder]]} {
        proc ::recorder {args} {uplevel 1 [list ::gmplug::openseesRecorder {*}[::gmplug::redirected $args]]}
    }
}

proc ::gmplug::checkRecorders {} {
    variable recorded
    foreach file $recorded {
        if {![file exists $file] || ![file size $file]} {warn "a recorder has written nothing to $file"}
    }
}

# Whether anything has moved: the floors above the base, or any node where there are no floors.

proc ::gmplug::positions {} {
    variable nodes
    variable excited
    set watched [lrange $nodes 1 end]
    if {![llength $watched]} {set watched [getNodeTags]}
    set values {}
    foreach node $watched {
        foreach {component direction} $excited {
            if {![catch {nodeDisp $node $direction} value]} {lappend values $value}
        }
    }
    return $values
}

proc ::gmplug::hasMoved {start} {
    variable gravity
    foreach before $start now [positions] {
        if {abs($now - $before) > 1e-12 * $gravity / 9.80665 + 1e-9 * abs($before)} {return 1}
    }
    return 0
}

proc ::gmplug::checkRest {} {
    variable excited
    variable gravity
    variable modelFile
    foreach node [getNodeTags] {
        foreach {component direction} $excited {
            if {![catch {nodeVel $node $direction} speed] && abs($speed) > 1e-4 * $gravity} {
                error "$modelFile: not at rest: node $node moves; leave out the model's own earthquake"
            }
        }
    }
}

# One step of the analysis, and what to do where it does not converge: other algorithms, then two halves.

proc ::gmplug::attempt {dt} {
    variable steps
    if {[analyze 1 $dt] != 0} {return 0}
    incr steps
    return 1
}

proc ::gmplug::retry {dt} {
    variable retries
    variable maxRetries
    if {$retries >= $maxRetries} {return 0}
    incr retries
    return [attempt $dt]
}

proc ::gmplug::otherAlgorithms {dt} {
    variable algorithms
    foreach command [lrange $algorithms 1 end] {
        algorithm {*}$command
        set done [retry $dt]
        algorithm {*}[lindex $algorithms 0]
        if {$done} {return 1}
    }
    return 0
}

proc ::gmplug::setTest {factor} {
    variable convergenceTest
    variable tolerance
    variable maxIterations
    test $convergenceTest [expr {$tolerance * $factor}] $maxIterations
}

proc ::gmplug::raisedTolerance {dt} {
    variable lastResort
    if {$lastResort == 1.0} {return 0}
    setTest $lastResort
    set done [expr {[retry $dt] || [otherAlgorithms $dt]}]
    setTest 1.0
    return $done
}

proc ::gmplug::recover {dt halvings} {
    variable maxHalvings
    if {[otherAlgorithms $dt]} {return 1}
    if {$halvings == $maxHalvings} {return [raisedTolerance $dt]}
    set half [expr {$dt / 2.0}]
    foreach part {1 2} {
        if {![retry $half] && ![recover $half [expr {$halvings + 1}]]} {return 0}
    }
    return 1
}

proc ::gmplug::setUp {} {
    variable constraintHandler
    variable dofNumberer
    variable equations
    variable algorithms
    variable stepping
    wipeAnalysis
    constraints {*}$constraintHandler
    numberer {*}$dofNumberer
    system {*}$equations
    setTest 1.0
    algorithm {*}[lindex $algorithms 0]
    integrator {*}$stepping
    analysis Transient
}

# The motion, each component an excitation of its own.

proc ::gmplug::excite {id scale dt files} {
    variable here
    variable excited
    variable gravity
    set tag 99990001
    foreach {component direction} $excited {
        set file [dict get $files $component]
        if {$file eq ""} {error "record $id has no component $component"}
        timeSeries Path $tag -dt $dt -filePath [file join $here $file] -factor [expr {$scale * $gravity}]
        pattern UniformExcitation $tag $direction -accel $tag
        incr tag
    }
}

# Largest story drift ratios so far, over the horizontal directions, and sums over the last seconds, of which the
# residual drifts are means; returns the largest drift of this step.

proc ::gmplug::watchDrifts {atTheEnd} {
    variable peaks
    variable roofPeak
    variable sums
    variable counted
    variable horizontal
    variable nodes
    variable heights
    set largest 0.0
    incr counted $atTheEnd
    set height 0.0
    for {set story 0} {$story < [llength $heights]} {incr story} {
        set height [expr {$height + [lindex $heights $story]}]
        foreach direction $horizontal {
            set above [nodeDisp [lindex $nodes [expr {$story + 1}]] $direction]
            set below [nodeDisp [lindex $nodes $story] $direction]
            set drift [expr {($above - $below) / [lindex $heights $story]}]
            if {$drift != $drift} {error "the solution is not a number"}
            if {abs($drift) > [lindex $peaks $story]} {lset peaks $story [expr {abs($drift)}]}
            if {abs($drift) > $largest} {set largest [expr {abs($drift)}]}
            if {$atTheEnd} {dict set sums $story,$direction [expr {[dict get $sums $story,$direction] + $drift}]}
        }
    }
    foreach direction $horizontal {
        if {![llength $heights]} {break}
        set sway [expr {abs([nodeDisp [lindex $nodes end] $direction] - [nodeDisp [lindex $nodes 0] $direction])}]
        if {$sway / $height > $roofPeak} {set roofPeak [expr {$sway / $height}]}
    }
    return $largest
}

# Base shear: the sum of the forces that elements have at supportNodes, with the elements' damping, in each
# horizontal direction. Of each force: the element and the place in its vector of forces.

proc ::gmplug::findSupportForces {} {
    variable horizontal
    variable supportForces {}
    variable shears {}
    if {![info exists ::supportNodes]} {return}
    foreach direction $horizontal {
        set found {}
        foreach element [getEleTags] {
            set size 0
            set places {}
            set outside 0
            foreach node [eleNodes $element] {
                if {$node in $::supportNodes} {lappend places [expr {$size + $direction}]} else {set outside 1}
                incr size [llength [nodeDisp $node]]
            }
            if {!$outside} {continue}
            foreach place $places {lappend found $element $place}
            if {[llength $places] && [llength [eleDynamicalForce $element]] != $size} {
                error "supportNodes: the forces of element $element are not those of its nodes; take it out"
            }
        }
        if {![llength $found]} {error "supportNodes: no element ends at these nodes ($::supportNodes)"}
        lappend supportForces $found
        lappend shears 0.0
    }
}

proc ::gmplug::watchShears {} {
    variable supportForces
    variable shears
    set number 0
    foreach forces $supportForces {
        set sum 0.0
        foreach {element place} $forces {set sum [expr {$sum + [eleDynamicalForce $element $place]}]}
        if {abs($sum) > [lindex $shears $number]} {lset shears $number [expr {abs($sum)}]}
        incr number
    }
}

# Peaks, residual drifts (empty unless the analysis ended ok), the roof's drift and base shears, in the order of
# demandNames.

proc ::gmplug::demandValues {status} {
    variable peaks
    variable roofPeak
    variable sums
    variable counted
    variable horizontal
    variable shears
    set values $peaks
    for {set story 0} {$story < [llength $peaks]} {incr story} {
        set residual 0.0
        foreach direction $horizontal {
            set mean [expr {abs([dict get $sums $story,$direction]) / max(1, $counted)}]
            if {$mean > $residual} {set residual $mean}
        }
        lappend values [expr {$status eq "ok" ? $residual : ""}]
    }
    if {[llength $peaks]} {lappend values $roofPeak}
    if {[llength $shears]} {lappend values [lindex [lsort -real -decreasing $shears] 0]}
    if {[llength $shears] == 2} {lappend values {*}$shears}
    return $values
}

proc ::gmplug::demandNames {stories} {
    variable shears
    set names {}
    foreach name {peak_story_drift_ratio residual_story_drift_ratio} {
        for {set story 1} {$story <= $stories} {incr story} {lappend names ${name}_$story}
    }
    if {$stories} {lappend names peak_roof_drift_ratio}
    if {[llength $shears]} {lappend names peak_base_shear_model_force}
    if {[llength $shears] == 2} {lappend names peak_base_shear_x_model_force peak_base_shear_y_model_force}
    return $names
}

proc ::gmplug::shake {id scale dt points files} {
    variable timeStep
    variable freeVibration
    variable collapseDrift
    variable residualWindow
    variable reached
    set step [expr {$dt / max(1, ceil($dt / $timeStep * (1 - 1e-9)))}]
    set steps [expr {max(1, round((($points - 1) * $dt + $freeVibration) / $step))}]
    loadConst -time 0.0
    excite $id $scale $dt $files
    setUp
    findSupportForces
    variable moved 0
    set start [positions]
    for {set k 1} {$k <= $steps} {incr k} {
        if {![attempt $step] && ![recover $step 0]} {return failed}
        set reached [expr {$k * $step}]
        if {!$moved} {set moved [hasMoved $start]}
        watchShears
        set atTheEnd [expr {($steps - $k) * $step <= $residualWindow * (1 + 1e-9)}]
        if {[watchDrifts $atTheEnd] > $collapseDrift} {return collapsed}
    }
    return ok
}

# One record, from an empty domain; a row of demands.csv.

proc ::gmplug::run {number record} {
    variable here
    variable modelFile
    variable steps 0
    variable retries 0
    variable reached 0.0
    variable nodes {}
    variable heights {}
    variable peaks {}
    variable roofPeak 0.0
    variable sums {}
    variable counted 0
    variable horizontal
    lassign $record id scale dt points h1 h2 v
    variable folder [file join $here results [format %03d $number]]
    variable recorded {}
    variable moved
    file mkdir $folder
    wipe
    take
    cd [file dirname [file join $here $modelFile]]
    uplevel #0 [list source [file join $here $modelFile]]
    checkRest
    if {[info exists ::floorNodes] && [info exists ::storyHeights]} {
        set nodes $::floorNodes
        set heights $::storyHeights
    }
    if {[llength $heights] && [llength $nodes] != [llength $heights] + 1} {
        error "floorNodes needs one node more than storyHeights, base first"
    }
    set peaks [lrepeat [llength $heights] 0.0]
    for {set story 0} {$story < [llength $heights]} {incr story} {
        foreach direction $horizontal {dict set sums $story,$direction 0.0}
    }
    if {[llength [info procs ::record]]} {uplevel #0 [list record $id $folder]}
    set status [shake $id $scale $dt $points [dict create h1 $h1 h2 $h2 v $v]]
    wipe
    checkRecorders
    if {!$moved} {
        set status failed
        warn "record $id: nothing moves; has the model mass in the direction, is it the right one?"
    }
    return [list $id $status $scale $steps $retries $reached {*}[demandValues $status]]
}

proc ::gmplug::csv {values} {
    set cells {}
    foreach value $values {
        if {[regexp {[",\r\n]} $value]} {set value "\"[string map {\" \"\"} $value]\""}
        lappend cells $value
    }
    return [join $cells ,]
}

proc ::gmplug::main {} {
    variable here
    variable records
    variable heights
    set out [open [file join $here demands.csv] w]
    fconfigure $out -encoding utf-8
    set number 0
    foreach record $records {
        set row [run [incr number] $record]
        if {$number == 1} {
            set names {id status scale_factor steps retries time_reached_s}
            puts $out [csv [concat $names [demandNames [llength $heights]]]]
        }
        puts $out [csv $row]
        flush $out
        puts "[format %03d $number] of [llength $records]: [lindex $row 0] [lindex $row 1]"
    }
    close $out
}

::gmplug::main
